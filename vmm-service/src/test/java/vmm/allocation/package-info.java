@NullMarked
package vmm.allocation;

import org.jspecify.annotations.NullMarked;
