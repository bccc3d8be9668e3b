/** VM types: what a scientist picks, with live availability. */
@ApplicationModule(allowedDependencies = {"allocation", "event", "identity", "web"})
@NullMarked
package vmm.catalog;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
