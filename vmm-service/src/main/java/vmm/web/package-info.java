/**
 * What every HTTP answer of ours has in common: problems, pages of lists, entity tags, strict JSON.
 */
@ApplicationModule(
        displayName = "Web",
        allowedDependencies = {})
@NullMarked
package vmm.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
