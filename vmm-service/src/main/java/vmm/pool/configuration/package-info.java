/** The pools over HTTP: what administrators decide about them, and what the loops make of it. */
@NullMarked
package vmm.pool.configuration;

import org.jspecify.annotations.NullMarked;
