package vmm.cloud;

/**
 * One shelf of a cloud: a flavor that can be launched here. Capacity fails per offering.
 *
 * @param ramMb memory in MiB
 */
public record Offering(String flavor, int vcpus, int ramMb, int gpus) {}
