/**
 * The fleet file: clouds, pools, VM types and schedules as an operator writes them down; read whole
 * or refused.
 */
@ApplicationModule(displayName = "Fleet file", allowedDependencies = "sizing")
@NullMarked
package vmm.fleet;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
