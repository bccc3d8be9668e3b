package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudConfig;
import vmm.cloud.jclouds.Settings;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the fleet file says of one account in one region of EC2.
 *
 * @param endpoint ends in a slash
 * @param securityGroups ids; empty: the default group of the VPC
 * @param network subnets for placements that name none; null: EC2 chooses one of the default VPC
 * @param publicIp null: as the subnet has it
 * @param showsPublicAddress which address of an instance is shown
 * @param instanceProfile of the guests: name or ARN
 * @param metadataHops how many network hops a guest's metadata may travel; 2 for containers
 * @param vcpuQuota as Service Quotas has it, which EC2 does not tell
 * @param imageOwners whose images are listed, and looked up by name
 */
record AwsOptions(
        String region,
        URI endpoint,
        AwsCredentials credentials,
        List<String> securityGroups,
        @Nullable String keyPair,
        @Nullable String network,
        @Nullable Boolean publicIp,
        boolean showsPublicAddress,
        @Nullable String instanceProfile,
        int metadataHops,
        OptionalInt vcpuQuota,
        List<String> imageOwners) {

    static final Set<String> NAMES =
            Set.of(
                    "securityGroups",
                    "keyPair",
                    "network",
                    "publicIp",
                    "address",
                    "instanceProfile",
                    "metadataHops",
                    "vcpuQuota",
                    "imageOwners",
                    "imdsEndpoint",
                    "stsEndpoint");

    private static final int MOST_HOPS = 64;

    /** Regions whose services are at {@code amazonaws.com}, or in China at its {@code .cn}. */
    private static final String KNOWN_DOMAIN = "([a-z]{2}|us-gov)-[a-z]+-\\d+";

    /**
     * @throws IllegalArgumentException naming what is wrong, and the remedy
     */
    static AwsOptions parse(CloudConfig config) {
        var options = config.options();
        Settings.checkNames("option", options.keySet(), NAMES, "AWS; it knows");
        var region = region(config);
        checkPartition(config, region);
        var hops = number(options, "metadataHops", 1, MOST_HOPS);
        return new AwsOptions(
                region,
                address("endpoint", config.endpoint().orElse(""), "ec2", region),
                AwsCredentials.parse(
                        config.credentials(),
                        address(
                                "imdsEndpoint",
                                text(options, "imdsEndpoint"),
                                InstanceProfile.IMDS),
                        address("stsEndpoint", text(options, "stsEndpoint"), "sts", region)),
                groups(options),
                orNull(text(options, "keyPair")),
                network(options),
                orNull(choice(options, "publicIp", "true", "false")) == null
                        ? null
                        : Boolean.valueOf(text(options, "publicIp")),
                choice(options, "address", "private", "public").equals("public"),
                orNull(text(options, "instanceProfile")),
                hops.orElse(1),
                number(options, "vcpuQuota", 1, Integer.MAX_VALUE),
                owners(options));
    }

    private static String region(CloudConfig config) {
        var region = config.region().map(String::strip).orElse("");
        if (region.matches("[a-z0-9-]{1,40}")) return region;
        throw new IllegalArgumentException(
                "region is missing or not one of AWS; write one such as eu-west-2");
    }

    /** Of other partitions we know neither the domains nor whether they are reached at all. */
    private static void checkPartition(CloudConfig config, String region) {
        if (region.matches(KNOWN_DOMAIN)) return;
        if (config.endpoint().orElse("").isBlank()) {
            throw new IllegalArgumentException(
                    "region "
                            + region
                            + " is none of AWS's standard or Chinese ones, so its address is not"
                            + " known; write endpoint: the address of EC2 there");
        }
        boolean asksSts =
                config.credentials().getOrDefault("source", "").strip().equals("web-identity");
        if (asksSts && text(config.options(), "stsEndpoint").isEmpty()) {
            throw new IllegalArgumentException(
                    "region "
                            + region
                            + " is none of AWS's standard or Chinese ones; write option"
                            + " stsEndpoint: the address of STS there");
        }
    }

    private static URI address(String name, String text, String service, String region) {
        var domain = region.startsWith("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
        return address(name, text, "https://" + service + "." + region + domain);
    }

    private static URI address(String name, String text, String otherwise) {
        var base = text.strip().isEmpty() ? otherwise : text.strip();
        try {
            var uri = URI.create(base.endsWith("/") ? base : base + "/");
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean plain = uri.getRawQuery() == null && uri.getRawFragment() == null;
            if (http && plain && uri.getHost() != null && uri.getUserInfo() == null) return uri;
        } catch (IllegalArgumentException e) {
            // refused below, with the remedy
        }
        throw new IllegalArgumentException(
                name + " is not an address; write one such as " + otherwise + ", or leave it out");
    }

    /** Never nobody: EC2 would take that for everybody. */
    private static List<String> owners(Map<String, String> options) {
        var owners = list(options, "imageOwners");
        return owners.isEmpty() ? List.of("self") : owners;
    }

    private static @Nullable String network(Map<String, String> options) {
        var text = text(options, "network");
        if (text.isEmpty() || !Settings.items(text).isEmpty()) return orNull(text);
        throw new IllegalArgumentException(
                "option network names no subnet; write ids such as subnet-0123456789abcdef0, or"
                        + " leave it out");
    }

    private static List<String> groups(Map<String, String> options) {
        var groups = list(options, "securityGroups");
        for (var group : groups) {
            if (!group.startsWith("sg-")) {
                throw new IllegalArgumentException(
                        "option securityGroups holds "
                                + group
                                + ", which is no id; write ids such as sg-0123456789abcdef0");
            }
        }
        return groups;
    }

    private static OptionalInt number(Map<String, String> options, String name, int from, int to) {
        var text = text(options, name);
        if (text.isEmpty()) return OptionalInt.empty();
        try {
            int number = Integer.parseInt(text);
            if (number >= from && number <= to) return OptionalInt.of(number);
        } catch (NumberFormatException e) {
            // refused below
        }
        throw new IllegalArgumentException(
                "option %s is not a whole number; write one from %d to %d"
                        .formatted(name, from, to));
    }

    private static String choice(Map<String, String> options, String name, String... choices) {
        var text = text(options, name);
        if (text.isEmpty() || List.of(choices).contains(text)) return text;
        throw new IllegalArgumentException(
                "option " + name + " is wrong; write " + String.join(" or ", choices));
    }

    private static List<String> list(Map<String, String> options, String name) {
        return Settings.items(text(options, name));
    }

    private static String text(Map<String, String> options, String name) {
        return options.getOrDefault(name, "").strip();
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
