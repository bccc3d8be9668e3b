/** Maintenance windows: planned downtime of clouds, what follows from it, and who is told. */
@ApplicationModule(
        allowedDependencies = {
            "clouds",
            "event",
            "identity",
            "placement",
            "pool",
            "sizing",
            "vm",
            "web"
        })
@NullMarked
package vmm.maintenance;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
