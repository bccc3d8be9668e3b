/** The house rules, as tests. */
@NullMarked
package vmm.architecture;

import org.jspecify.annotations.NullMarked;
