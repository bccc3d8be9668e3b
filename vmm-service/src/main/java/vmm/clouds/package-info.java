/**
 * The clouds of this installation: their rows, health, signals, launch marks and guarded
 * connections.
 */
@ApplicationModule(
        allowedDependencies = {"cloud", "event", "fleet", "guest", "identity", "vm", "web"})
@NullMarked
package vmm.clouds;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
