package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.LaunchLimits;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.Settings;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * How an instance is asked for.
 *
 * <p>Where a placement names several subnets, they are tried in turn while EC2 says that there is
 * no room: such an answer surely made nothing, so at most one request takes effect. Each subnet has
 * a client token of its own, for EC2 notes a token with its parameters even where it refuses. So
 * the token alone does not hold a repeated create to the subnet that took it the first time: one in
 * an earlier subnet, which has room again, would make another instance. Therefore such a create
 * first looks for an instance of its VM. If that look fails, this call sent nothing and is refused;
 * what an earlier one may have made, the core keeps in mind. EC2 shows an instance some seconds
 * late: a repetition within those may still make a second one, which the core sees in its listings
 * and takes away. And no further subnet is begun when half of the call's time is over, so that the
 * core's repetition does not meet a call that still tries.
 */
final class Launches {

    /** EC2's limit, before they are encoded. */
    private static final int USER_DATA = 16_384;

    private static final LaunchLimits LIMITS = new LaunchLimits("EC2", 256, 256);

    private final AwsOptions options;
    private final Instances instances;
    private final Names names;
    private final Refusals refusals;

    Launches(AwsOptions options, Instances instances, Names names, Refusals refusals) {
        this.options = options;
        this.instances = instances;
        this.names = names;
        this.refusals = refusals;
    }

    CreateAnswer create(Conversation talk, LaunchSpec spec) {
        var subnets = subnetsOf(spec);
        if (subnets.size() > 1) {
            try {
                var there = instances.idOf(talk, spec.tags());
                if (there.isPresent()) return new CreateAnswer.Accepted(there.get());
            } catch (CloudFailure unseen) {
                return new CreateAnswer.Refused(unseen);
            }
        }
        CreateAnswer answer = tryOne(talk, spec, subnets.getFirst());
        for (var subnet : subnets.subList(1, subnets.size())) {
            if (!isWantOfRoom(answer) || talk.isHalfOver()) return answer;
            answer = tryOne(talk, spec, subnet);
        }
        return answer;
    }

    /** Asks EC2 in each subnet whether the launch would be allowed. */
    void rehearse(Conversation talk, LaunchSpec spec) throws CloudFailure {
        for (var subnet : subnetsOf(spec)) {
            var done = talk.rehearse(request(talk, spec, subnet), spec.flavor());
            if (done.isPresent()) throw undone(talk, done.get());
        }
    }

    /** Takes back what a cloud launched that knows no dry runs: that instance and no other. */
    private CloudFailure undone(Conversation talk, HttpAnswer launched) {
        var id = idIn(launched);
        var said = "this cloud knows no DryRun, and launched what was to be rehearsed: ";
        if (id.isEmpty()) return new CloudFailure.Rejected(said + "look for it by its tags");
        var name = refusals.shown(id.get());
        try {
            talk.understood(talk.ask(Form.of("TerminateInstances").with("InstanceId.1", id.get())));
            return new CloudFailure.Rejected(said + name + ", which was terminated");
        } catch (CloudFailure why) {
            return new CloudFailure.Rejected(
                    said + name + ", which must be terminated by hand: " + why.detail());
        }
    }

    /**
     * The subnets that a placement names, or the fleet file for it; empty: EC2 chooses. A text that
     * names none is taken for a name, so that it is found to be wrong.
     */
    List<String> named(@Nullable String network) {
        var text = network == null || network.isBlank() ? options.network() : network;
        if (text == null) return List.of();
        var items = Settings.items(text);
        return items.isEmpty() ? List.of(text.strip()) : items;
    }

    /** In the order of their turn, which is the same for the same name; "" where EC2 chooses. */
    private List<String> subnetsOf(LaunchSpec spec) {
        var subnets = new ArrayList<>(named(spec.network()));
        if (subnets.isEmpty()) return List.of("");
        Collections.rotate(subnets, -Math.floorMod(spec.name().hashCode(), subnets.size()));
        return subnets;
    }

    /** Sends one request at most. What fails before it surely made nothing. */
    private CreateAnswer tryOne(Conversation talk, LaunchSpec spec, String subnet) {
        HttpAnswer answer;
        try {
            answer =
                    talk.send(
                            request(talk, spec, subnet).with("ClientToken", tokenOf(spec, subnet)));
        } catch (CloudFailure unsent) {
            return new CreateAnswer.Refused(unsent);
        } catch (NoAnswer e) {
            var why = refusals.silence(e);
            return e.mayHaveArrived()
                    ? new CreateAnswer.Unknown(why)
                    : new CreateAnswer.Refused(why);
        }
        if (answer.isSuccess()) return accepted(answer);
        boolean alone = named(spec.network()).size() <= 1;
        var refused =
                refusals.hiding(LaunchLimits.encodedUserData(spec))
                        .hiding(spec.userData())
                        .ofCreate(answer, spec.flavor(), alone);
        if (refused instanceof CreateAnswer.Refused(CloudFailure.Rejected r)) names.forget();
        return refused;
    }

    private static boolean isWantOfRoom(CreateAnswer answer) {
        return answer instanceof CreateAnswer.Refused(CloudFailure.NoCapacity why);
    }

    private static CreateAnswer accepted(HttpAnswer answer) {
        return idIn(answer)
                .<CreateAnswer>map(CreateAnswer.Accepted::new)
                .orElseGet(
                        () ->
                                new CreateAnswer.Unknown(
                                        new CloudFailure.Unreachable(
                                                "EC2 accepted, but its answer names no id")));
    }

    private static Optional<String> idIn(HttpAnswer launched) {
        try {
            return Xml.parse(launched.body()).items("instancesSet").stream()
                    .flatMap(item -> item.text("instanceId").stream())
                    .findFirst();
        } catch (CloudFailure unreadable) {
            return Optional.empty();
        }
    }

    /** Everything but the client token. */
    private Form request(Conversation talk, LaunchSpec spec, String subnet) throws CloudFailure {
        check(spec);
        if (!subnet.isEmpty() && Settings.items(subnet).isEmpty()) {
            throw new CloudFailure.Rejected("network '" + subnet + "' names no subnet");
        }
        var market = Market.of(spec.options());
        var form =
                Form.of("RunInstances")
                        .with("ImageId", names.idOf(talk, spec.image()))
                        .with("InstanceType", spec.flavor())
                        .with("MinCount", "1")
                        .with("MaxCount", "1");
        if (!spec.userData().isEmpty()) form.with("UserData", LaunchLimits.encodedUserData(spec));
        if (options.keyPair() != null) form.with("KeyName", options.keyPair());
        network(form, subnet);
        profile(form);
        form.with("MetadataOptions.HttpTokens", "required")
                .with("MetadataOptions.HttpEndpoint", "enabled")
                .with(
                        "MetadataOptions.HttpPutResponseHopLimit",
                        String.valueOf(options.metadataHops()));
        market(form, market);
        tags(form, spec, market.spot());
        return form;
    }

    /** An interface of its own is described only where its public address is to be chosen. */
    private void network(Form form, String subnet) {
        boolean described = options.publicIp() != null;
        var prefix = described ? "NetworkInterface.1." : "";
        if (described) {
            form.with(prefix + "DeviceIndex", "0")
                    .with(prefix + "AssociatePublicIpAddress", String.valueOf(options.publicIp()))
                    .with(prefix + "DeleteOnTermination", "true");
        }
        if (!subnet.isEmpty()) form.with(prefix + "SubnetId", subnet);
        form.each(prefix + "SecurityGroupId", options.securityGroups());
    }

    private void profile(Form form) {
        var profile = options.instanceProfile();
        if (profile == null) return;
        form.with(
                profile.startsWith("arn:") ? "IamInstanceProfile.Arn" : "IamInstanceProfile.Name",
                profile);
    }

    private static void market(Form form, Market market) {
        if (!market.spot()) return;
        form.with("InstanceMarketOptions.MarketType", "spot")
                .with("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time")
                .with(
                        "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
                        "terminate");
        if (market.maxPrice() != null) {
            form.with("InstanceMarketOptions.SpotOptions.MaxPrice", market.maxPrice());
        }
    }

    private static void tags(Form form, LaunchSpec spec, boolean spot) {
        var kinds = new ArrayList<>(List.of("instance", "volume", "network-interface"));
        if (spot) kinds.add("spot-instances-request");
        for (int i = 0; i < kinds.size(); i++) {
            var prefix = "TagSpecification." + (i + 1) + ".";
            form.with(prefix + "ResourceType", kinds.get(i));
            int n = 1;
            tag(form, prefix, n++, "Name", spec.name());
            for (var tag : spec.tags().asMap().entrySet()) {
                tag(form, prefix, n++, tag.getKey(), tag.getValue());
            }
        }
    }

    private static void tag(Form form, String prefix, int n, String key, String value) {
        form.with(prefix + "Tag." + n + ".Key", key).with(prefix + "Tag." + n + ".Value", value);
    }

    private static void check(LaunchSpec spec) throws CloudFailure {
        int size = spec.userData().getBytes(StandardCharsets.UTF_8).length;
        if (size > USER_DATA) {
            throw new CloudFailure.Rejected(
                    "the user data take %d bytes, and EC2 allows %d".formatted(size, USER_DATA));
        }
        LIMITS.checkTags(spec);
        LIMITS.checkName(spec);
    }

    /** The same for the same VM in the same subnet; EC2 takes 64 ASCII characters. */
    private static String tokenOf(LaunchSpec spec, String subnet) {
        try {
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest((spec.name() + "\n" + subnet).getBytes(StandardCharsets.UTF_8));
            return "vmm-" + HexFormat.of().formatHex(digest, 0, 24);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
