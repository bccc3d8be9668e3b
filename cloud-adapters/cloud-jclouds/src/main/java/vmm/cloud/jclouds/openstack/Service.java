package vmm.cloud.jclouds.openstack;

/** The services that we ask, as keystone's catalogue calls them. */
enum Service {
    COMPUTE("compute", ""),
    IMAGE("image", "/v2"),
    NETWORK("network", "/v2.0");

    private final String type;
    private final String version;

    /**
     * @param version the path of its API, which catalogues may leave out
     */
    Service(String type, String version) {
        this.type = type;
        this.version = version;
    }

    String type() {
        return type;
    }

    /** The base of its API, without a slash at the end. */
    String base(String url) {
        var base = url.replaceFirst("/+$", "");
        return version.isEmpty() || base.endsWith(version) ? base : base + version;
    }
}
