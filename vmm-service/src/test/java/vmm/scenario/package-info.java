/** The real engine in small worlds of simulated clouds, each with one thing that goes wrong. */
@NullMarked
package vmm.scenario;

import org.jspecify.annotations.NullMarked;
