/** The log of use: every request with its fate, by type and day. */
@ApplicationModule(allowedDependencies = {"allocation", "web"})
@NullMarked
package vmm.usage;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
