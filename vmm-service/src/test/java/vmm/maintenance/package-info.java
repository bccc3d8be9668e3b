/** Maintenance windows: their rules, effects and preview, and their tables. */
@NullMarked
package vmm.maintenance;

import org.jspecify.annotations.NullMarked;
