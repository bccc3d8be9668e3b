/** The VM pool manager of DAaaS: one table and a handful of loops. */
@NullMarked
package vmm;

import org.jspecify.annotations.NullMarked;
