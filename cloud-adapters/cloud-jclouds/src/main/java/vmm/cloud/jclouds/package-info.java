/**
 * OpenStack, AWS and Azure through Apache jclouds; the only code that may import {@code
 * org.jclouds}.
 */
@NullMarked
package vmm.cloud.jclouds;

import org.jspecify.annotations.NullMarked;
