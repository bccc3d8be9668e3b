@NullMarked
package vmm.usage;

import org.jspecify.annotations.NullMarked;
