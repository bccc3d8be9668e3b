/** The loops that make the clouds agree with the table, and the Quartz ticks that start them. */
@ApplicationModule(
        allowedDependencies = {
            "allocation",
            "cloud",
            "clouds",
            "event",
            "fleet",
            "guest",
            "identity",
            "lifecycle",
            "placement",
            "pool",
            "sizing",
            "vm",
            "web"
        })
@NullMarked
package vmm.reconcile;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
