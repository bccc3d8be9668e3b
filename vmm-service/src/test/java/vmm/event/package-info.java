@NullMarked
package vmm.event;

import org.jspecify.annotations.NullMarked;
