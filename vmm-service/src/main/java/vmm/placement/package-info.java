/** Where the next VM goes: a pure choice among a pool's placements. */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package vmm.placement;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
