/**
 * The database: an embedded PostgreSQL where none is configured, and the clock that everything is
 * compared with.
 */
@ApplicationModule(allowedDependencies = {})
@NullMarked
package vmm.database;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
