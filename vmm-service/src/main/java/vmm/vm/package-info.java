/** The VM: our row for what should exist, its states and their one transition table. */
@ApplicationModule(allowedDependencies = {"event", "identity", "web"})
@NullMarked
package vmm.vm;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
