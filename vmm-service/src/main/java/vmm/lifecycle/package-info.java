/** What one VM needs next: pure decisions from a row and an observation. */
@ApplicationModule(allowedDependencies = {"cloud", "vm"})
@NullMarked
package vmm.lifecycle;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
