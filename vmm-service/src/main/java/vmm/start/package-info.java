/**
 * The start: which installation this is, the fleet file into the tables, clouds opened, loops
 * begun.
 */
@ApplicationModule(
        allowedDependencies = {
            "cloud",
            "clouds",
            "database",
            "event",
            "fleet",
            "guest",
            "reconcile",
            "sizing",
            "vm"
        })
@NullMarked
package vmm.start;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
