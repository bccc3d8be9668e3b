/** Who asks: sign-ins, roles and groups, and what each may reach. */
@ApplicationModule(
        displayName = "Identity",
        allowedDependencies = {"database", "web"})
@NullMarked
package vmm.identity;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
