/** What the core may know of a cloud: the one hexagon of the VMM, depending on nothing. */
@NullMarked
package vmm.cloud;

import org.jspecify.annotations.NullMarked;
