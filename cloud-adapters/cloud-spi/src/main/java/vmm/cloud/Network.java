package vmm.cloud;

/** A network that instances can be launched in. */
public record Network(String id, String name) {}
