/** Tests of the API over HTTP, on the whole application. */
@NullMarked
package vmm.api;

import org.jspecify.annotations.NullMarked;
