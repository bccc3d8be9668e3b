/** The schedules over HTTP: what they are, when they are on, and the target that comes of them. */
@NullMarked
package vmm.pool.schedule;

import org.jspecify.annotations.NullMarked;
