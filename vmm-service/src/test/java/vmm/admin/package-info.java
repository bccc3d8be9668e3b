/** The administrators' half of the API, over HTTP, on a real database and simulated clouds. */
@NullMarked
package vmm.admin;

import org.jspecify.annotations.NullMarked;
