/** A cloud kept in PostgreSQL, with weather: for the demo, the tests and the simulation. */
@NullMarked
package vmm.cloud.simulated;

import org.jspecify.annotations.NullMarked;
