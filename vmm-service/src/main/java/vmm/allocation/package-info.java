/** Allocations: a person's claim, from the queue to its end. */
@ApplicationModule(allowedDependencies = {"event", "guest", "identity", "vm", "web"})
@NullMarked
package vmm.allocation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
