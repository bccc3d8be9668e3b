package vmm.cloud.jclouds.azure;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudConfig;
import vmm.cloud.jclouds.Settings;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the fleet file says of one resource group of Azure.
 *
 * @param endpoint of Azure Resource Manager, without a slash at the end
 * @param authority where Entra gives tokens, without a slash at the end
 * @param audience whom tokens are for
 * @param entra which of its token endpoints is asked
 * @param imds where a machine of Azure finds its identity
 * @param network id of the subnet for placements that name none; null: each names one
 * @param securityGroup id of the network security group; null: that of the subnet
 * @param publicIp whether machines get a public address of their own
 * @param showsPublic whether that is the one to reach them at
 * @param sshPublicKey for operators; null: nobody can log in
 * @param osDiskType null: Azure chooses
 * @param bootDiagnostics whether consoles are kept
 * @param userIdentity resource id of an identity for guests; null: none
 */
record AzureOptions(
        Paths paths,
        URI endpoint,
        AzureCredentials credentials,
        URI authority,
        String audience,
        Entra entra,
        URI imds,
        @Nullable String network,
        @Nullable String securityGroup,
        boolean publicIp,
        boolean showsPublic,
        String adminUsername,
        @Nullable String sshPublicKey,
        @Nullable String osDiskType,
        boolean bootDiagnostics,
        @Nullable String userIdentity) {

    static final Set<String> NAMES =
            Set.of(
                    "subscriptionId",
                    "resourceGroup",
                    "imagesFrom",
                    "computeApiVersion",
                    "authority",
                    "audience",
                    "tokenVersion",
                    "imdsEndpoint",
                    "network",
                    "securityGroup",
                    "publicIp",
                    "address",
                    "adminUsername",
                    "sshPublicKey",
                    "osDiskType",
                    "bootDiagnostics",
                    "userIdentity");

    /** Versions of Entra's token endpoint: the first takes a resource, the second a scope. */
    enum Entra {
        V1,
        V2
    }

    private static final String ENDPOINT = "https://management.azure.com";
    private static final String AUTHORITY = "https://login.microsoftonline.com";
    private static final String IMDS = "http://169.254.169.254";

    private static final Map<String, String> AUTHORITIES =
            Map.of(
                    "management.usgovcloudapi.net", "https://login.microsoftonline.us",
                    "management.chinacloudapi.cn", "https://login.chinacloudapi.cn");

    private static final Set<String> MICROSOFT =
            Set.of(
                    "management.azure.com",
                    "management.usgovcloudapi.net",
                    "management.chinacloudapi.cn",
                    "login.microsoftonline.com",
                    "login.microsoftonline.us",
                    "login.partner.microsoftonline.cn",
                    "login.chinacloudapi.cn",
                    "login.windows.net");

    /** Names of machines may have 64 characters: vmm-, an installation, a dash and a UUID. */
    private static final int LONGEST_INSTALLATION = 64 - "vmm-".length() - 1 - 36;

    private static final Pattern SUBSCRIPTION = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final Pattern GROUP =
            Pattern.compile("[\\p{L}\\p{N}_().-]{0,89}[\\p{L}\\p{N}_()-]");
    private static final Pattern VERSION = Pattern.compile("\\d{4}-\\d{2}-\\d{2}(-preview)?");
    private static final Pattern LOCATION = Pattern.compile("[a-z0-9]{2,40}");
    private static final Pattern DISK_TYPE = Pattern.compile("[A-Za-z0-9_]{3,40}");
    private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");
    private static final Pattern KEY =
            Pattern.compile("(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/=]{32,4096}( .*)?");

    /** Azure refuses these for the administrator. */
    private static final Set<String> FORBIDDEN_USERS =
            Set.of("root", "admin", "administrator", "user", "guest", "test", "sys", "backup");

    /**
     * @throws IllegalArgumentException naming what is wrong, and the remedy
     */
    static AzureOptions parse(CloudConfig config) {
        var options = config.options();
        Settings.checkNames("option", options.keySet(), NAMES, "Azure clouds; they know");
        checkInstallation(config.installation());
        var paths = paths(config);
        var endpoint = address("endpoint", config.endpoint().orElse(""), ENDPOINT, ENDPOINT);
        boolean publicIp = isTrue(options, "publicIp", false);
        return new AzureOptions(
                paths,
                endpoint,
                AzureCredentials.parse(config.credentials()),
                address(
                        "option authority",
                        options.getOrDefault("authority", ""),
                        authorityOf(endpoint),
                        AUTHORITY),
                text(options, "audience").orElse(endpoint + "/"),
                entra(options),
                address(
                        "option imdsEndpoint",
                        options.getOrDefault("imdsEndpoint", ""),
                        IMDS,
                        IMDS),
                network(paths, options),
                securityGroup(paths, options),
                publicIp,
                showsPublic(options, publicIp),
                user(options),
                key(options),
                matching(options, "osDiskType", DISK_TYPE, "Premium_LRS").orElse(null),
                isTrue(options, "bootDiagnostics", true),
                identity(options));
    }

    private static void checkInstallation(String installation) {
        if (installation.length() > LONGEST_INSTALLATION) {
            throw new IllegalArgumentException(
                    "the installation's name is longer than %d characters, and names of Azure's VMs would be longer than 64; choose a shorter one"
                            .formatted(LONGEST_INSTALLATION));
        }
    }

    private static Paths paths(CloudConfig config) {
        var options = config.options();
        var location =
                config.region()
                        .map(region -> region.replace(" ", "").toLowerCase(Locale.ROOT))
                        .filter(region -> LOCATION.matcher(region).matches())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "region is missing or not a location of Azure;"
                                                        + " write one such as uksouth ('az account"
                                                        + " list-locations' names them)"));
        var group =
                required(options, "resourceGroup", GROUP, "the name of an existing resource group");
        return new Paths(
                required(
                        options,
                        "subscriptionId",
                        SUBSCRIPTION,
                        "the id of a subscription, from 'az account show --query id'"),
                group,
                location,
                matching(options, "imagesFrom", GROUP, "the name of a resource group")
                        .orElse(group),
                matching(
                                options,
                                "computeApiVersion",
                                VERSION,
                                "a version of the compute API such as " + Paths.COMPUTE)
                        .orElse(Paths.COMPUTE));
    }

    private static String required(
            Map<String, String> options, String name, Pattern pattern, String remedy) {
        return matching(options, name, pattern, remedy)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "option " + name + " is missing; write " + remedy));
    }

    private static Optional<String> matching(
            Map<String, String> options, String name, Pattern pattern, String remedy) {
        var text = text(options, name);
        if (text.isPresent() && !pattern.matcher(text.get()).matches()) {
            throw new IllegalArgumentException(
                    "option " + name + " is not of the right form; write " + remedy);
        }
        return text;
    }

    private static URI address(String what, String text, String otherwise, String example) {
        var address =
                address(text.isBlank() ? otherwise : text.strip())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                what
                                                        + " is not an address; write one such as "
                                                        + example));
        if (isMicrosofts(address) && !"https".equals(address.getScheme())) {
            throw new IllegalArgumentException(
                    what + " is not encrypted; write https://" + address.getRawAuthority());
        }
        return address;
    }

    private static Optional<URI> address(String text) {
        try {
            var uri = URI.create(text.replaceFirst("/+$", ""));
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean plain = uri.getRawQuery() == null && uri.getRawFragment() == null;
            return Optional.of(uri)
                    .filter(one -> http && plain)
                    .filter(one -> one.getHost() != null && one.getUserInfo() == null);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Also those of one region. */
    private static boolean isMicrosofts(URI address) {
        var host = "." + address.getHost().toLowerCase(Locale.ROOT);
        return MICROSOFT.stream().anyMatch(known -> host.endsWith("." + known));
    }

    /** An endpoint that is none of Microsoft's is taken to give the tokens for it too. */
    private static String authorityOf(URI endpoint) {
        if (!isMicrosofts(endpoint)) {
            return endpoint.getScheme() + "://" + endpoint.getRawAuthority();
        }
        return AUTHORITIES.getOrDefault(endpoint.getHost().toLowerCase(Locale.ROOT), AUTHORITY);
    }

    private static Entra entra(Map<String, String> options) {
        return switch (text(options, "tokenVersion").orElse("v1")) {
            case "v1" -> Entra.V1;
            case "v2" -> Entra.V2;
            default ->
                    throw new IllegalArgumentException(
                            "option tokenVersion is not known; write v1 (or leave it out) or v2");
        };
    }

    private static @Nullable String network(Paths paths, Map<String, String> options) {
        var text = text(options, "network");
        if (text.isEmpty()) return null;
        return Subnets.idOf(paths, text.get())
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "option network is no subnet; write vnet/subnet for one of"
                                                + " the resource group, or the full id of a"
                                                + " subnet"));
    }

    private static @Nullable String securityGroup(Paths paths, Map<String, String> options) {
        var text = text(options, "securityGroup");
        if (text.isEmpty()) return null;
        if (text.get().matches("[A-Za-z0-9][\\w.-]{0,79}")) {
            return paths.securityGroupId(text.get());
        }
        if (isIdOf("Microsoft.Network/networkSecurityGroups", text.get())) return text.get();
        throw new IllegalArgumentException(
                "option securityGroup is no network security group; write the name of one of the"
                        + " resource group, or a full id");
    }

    private static @Nullable String identity(Map<String, String> options) {
        var text = text(options, "userIdentity");
        if (text.isEmpty()) return null;
        if (isIdOf("Microsoft.ManagedIdentity/userAssignedIdentities", text.get())) {
            return text.get();
        }
        throw new IllegalArgumentException(
                "option userIdentity is not the id of a user-assigned identity; write it in full:"
                    + " /subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…");
    }

    private static boolean isIdOf(String type, String text) {
        var pattern =
                "(?i)/subscriptions/[^/\\s]+/resourceGroups/[^/\\s]+/providers/"
                        + Pattern.quote(type)
                        + "/[^/\\s]+";
        return text.matches(pattern);
    }

    private static boolean showsPublic(Map<String, String> options, boolean publicIp) {
        var address = text(options, "address").orElse("private");
        if (!Set.of("private", "public").contains(address)) {
            throw new IllegalArgumentException(
                    "option address is neither private nor public; write one of the two");
        }
        if (address.equals("public") && !publicIp) {
            throw new IllegalArgumentException(
                    "option address is public, but machines get no public address; write publicIp:"
                            + " true too, or address: private");
        }
        return address.equals("public");
    }

    private static String user(Map<String, String> options) {
        var user =
                matching(options, "adminUsername", USER, "a name of small letters, digits, - and _")
                        .orElse("vmm");
        if (FORBIDDEN_USERS.contains(user)) {
            throw new IllegalArgumentException(
                    "option adminUsername is a name that Azure does not allow; write another, such"
                            + " as vmm");
        }
        return user;
    }

    private static @Nullable String key(Map<String, String> options) {
        return matching(
                        options,
                        "sshPublicKey",
                        KEY,
                        "the line of a public key that begins with ssh-rsa or ssh-ed25519")
                .orElse(null);
    }

    private static boolean isTrue(Map<String, String> options, String name, boolean otherwise) {
        return switch (text(options, name).orElse(String.valueOf(otherwise))) {
            case "true" -> true;
            case "false" -> false;
            default ->
                    throw new IllegalArgumentException(
                            "option " + name + " is neither true nor false; write one of the two");
        };
    }

    private static Optional<String> text(Map<String, String> options, String name) {
        return Optional.ofNullable(options.get(name))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }
}
