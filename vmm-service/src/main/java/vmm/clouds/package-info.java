/** The clouds of this installation: their rows, health, launch marks and guarded connections. */
@ApplicationModule(allowedDependencies = {"cloud", "event", "identity", "vm", "web"})
@NullMarked
package vmm.clouds;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
