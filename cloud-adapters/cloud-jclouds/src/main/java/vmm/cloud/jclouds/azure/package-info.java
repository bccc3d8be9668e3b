/** Resource groups of Azure as clouds: Azure Resource Manager in raw JSON, over jclouds' HTTP. */
@NullMarked
package vmm.cloud.jclouds.azure;

import org.jspecify.annotations.NullMarked;
