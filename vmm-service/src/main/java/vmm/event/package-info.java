/** What happened: the timeline, its stream to browsers, and the wake-ups that follow a commit. */
@ApplicationModule(allowedDependencies = {"web", "identity"})
@NullMarked
package vmm.event;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
