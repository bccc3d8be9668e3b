package vmm.cloud;

/** An image that can be launched on a cloud. */
public record Image(String id, String name) {}
