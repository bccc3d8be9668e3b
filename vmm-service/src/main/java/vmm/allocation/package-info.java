/** Allocations: a person's claim, from the queue to its end. */
@ApplicationModule(allowedDependencies = {"event", "identity", "pool", "vm", "web", "catalog"})
@NullMarked
package vmm.allocation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
