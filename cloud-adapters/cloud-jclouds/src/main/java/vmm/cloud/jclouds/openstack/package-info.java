/** OpenStack: nova's instances, with keystone, glance and neutron as far as they need them. */
@NullMarked
package vmm.cloud.jclouds.openstack;

import org.jspecify.annotations.NullMarked;
