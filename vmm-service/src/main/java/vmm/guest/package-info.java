/** The software inside a VM: its token, its reports. */
@ApplicationModule(allowedDependencies = {"vm", "event", "web"})
@NullMarked
package vmm.guest;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
