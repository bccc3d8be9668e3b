/** Pools: identical VMs that serve VM types, with sizes and policies. */
@ApplicationModule(
        allowedDependencies = {
            "cloud",
            "clouds",
            "event",
            "fleet",
            "identity",
            "sizing",
            "vm",
            "web"
        })
@NullMarked
package vmm.pool;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
