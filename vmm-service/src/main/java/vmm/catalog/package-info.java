/** VM types: what a scientist picks, with live availability. */
@ApplicationModule(allowedDependencies = {"pool", "identity", "web", "vm"})
@NullMarked
package vmm.catalog;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
