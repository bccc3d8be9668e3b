/**
 * How many READY VMs a pool wants now, and why: pure functions over schedules, without a clock of
 * their own.
 */
@ApplicationModule(
        displayName = "Sizing",
        allowedDependencies = {})
@NullMarked
package vmm.sizing;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
