/** The log of use: every request with its fate, by type and day; and the meters of the fleet. */
@ApplicationModule(allowedDependencies = {"event", "web"})
@NullMarked
package vmm.usage;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
