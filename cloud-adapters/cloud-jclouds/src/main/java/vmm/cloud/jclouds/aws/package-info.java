/** Amazon EC2 as a cloud of the VMM: signed forms out, XML in. */
@NullMarked
package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.NullMarked;
