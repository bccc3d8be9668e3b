package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.Image;
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Quota;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What can be launched in a region of EC2, and how much of it.
 *
 * @param processors of the types that were asked for so far; added to
 */
record Shelves(Conversation talk, AwsOptions options, Map<String, Integer> processors) {

    /** Types that one question may name. */
    private static final int TYPES = 100;

    List<Offering> offerings() throws CloudFailure {
        var form = Form.of("DescribeInstanceTypes").with("MaxResults", "100");
        return list(talk, form, "instanceTypeSet").stream()
                .flatMap(item -> offering(item).stream())
                .toList();
    }

    List<Image> images() throws CloudFailure {
        var form =
                Form.of("DescribeImages")
                        .each("Owner", options.imageOwners())
                        .where("state", "available")
                        .with("MaxResults", "1000");
        return list(talk, form, "imagesSet").stream()
                .flatMap(
                        item ->
                                item
                                        .text("imageId")
                                        .map(id -> new Image(id, item.text("name").orElse("")))
                                        .stream())
                .toList();
    }

    List<Network> networks() throws CloudFailure {
        var form = Form.of("DescribeSubnets").with("MaxResults", "1000");
        return list(talk, form, "subnetSet").stream()
                .flatMap(
                        item ->
                                item
                                        .text("subnetId")
                                        .map(
                                                id ->
                                                        new Network(
                                                                id,
                                                                Instances.tag(item, "Name")
                                                                        .orElse("")))
                                        .stream())
                .toList();
    }

    /** Whether it is there, and can be launched now. */
    boolean hasImage(String id) throws CloudFailure {
        var answer = talk.ask(Form.of("DescribeImages").with("ImageId.1", id));
        boolean unavailable = Refusals.codeOf(answer).equals("InvalidAMIID.Unavailable");
        if (unavailable || Refusals.isAbsent(answer, "AMIID")) return false;
        return items(talk.understood(answer), "imagesSet").stream()
                .anyMatch(item -> item.text("imageState").orElse("available").equals("available"));
    }

    boolean hasFlavor(String type) throws CloudFailure {
        var form = Form.of("DescribeInstanceTypes").with("InstanceType.1", type);
        var answer = talk.ask(form);
        var code = Refusals.codeOf(answer);
        if (code.startsWith("InvalidInstanceType") || code.equals("InvalidParameterValue")) {
            return false;
        }
        return !items(talk.understood(answer), "instanceTypeSet").isEmpty();
    }

    boolean hasSubnet(String id) throws CloudFailure {
        return has(Form.of("DescribeSubnets").with("SubnetId.1", id), "SubnetID", "subnetSet");
    }

    /**
     * Only the quota that the fleet file tells, against what runs of anybody's: EC2 tells no
     * limits. Where an instance does not tell its processors, those of its type count; where EC2
     * does not tell these either, their number is not told.
     */
    Quota quota() throws CloudFailure {
        var form = Form.of("DescribeInstances").where("instance-state-name", "pending", "running");
        var running = Instances.some(talk, form);
        return new Quota(
                OptionalInt.empty(),
                OptionalInt.of(running.size()),
                options.vcpuQuota(),
                processorsOf(running),
                OptionalInt.empty(),
                OptionalInt.empty());
    }

    private OptionalInt processorsOf(List<Xml> running) {
        learn(
                running.stream()
                        .filter(item -> told(item).isEmpty())
                        .flatMap(item -> item.text("instanceType").stream())
                        .filter(type -> !processors.containsKey(type))
                        .distinct()
                        .sorted()
                        .toList());
        int used = 0;
        for (var item : running) {
            var some = told(item);
            var type = processors.get(item.text("instanceType").orElse(""));
            if (some.isEmpty() && type == null) return OptionalInt.empty();
            used += some.orElseGet(() -> Objects.requireNonNull(type));
        }
        return OptionalInt.of(used);
    }

    private static OptionalInt told(Xml item) {
        var cores = item.count("cpuOptions", "coreCount").orElse(0);
        var threads = item.count("cpuOptions", "threadsPerCore").orElse(0);
        return cores * threads > 0 ? OptionalInt.of(cores * threads) : OptionalInt.empty();
    }

    /** What cannot be learned stays unknown: the rest of the quota is told all the same. */
    private void learn(List<String> types) {
        for (int from = 0; from < types.size(); from += TYPES) {
            var some = types.subList(from, Math.min(types.size(), from + TYPES));
            var form = Form.of("DescribeInstanceTypes").each("InstanceType", some);
            try {
                for (var item : list(talk, form, "instanceTypeSet")) {
                    var type = item.text("instanceType");
                    var number = item.count("vCpuInfo", "defaultVCpus").orElse(0);
                    if (type.isPresent() && number > 0) processors.put(type.get(), number);
                }
            } catch (CloudFailure untold) {
                return;
            }
        }
    }

    /** Every item of a listing, to its end. */
    static List<Xml> list(Conversation talk, Form form, String set) throws CloudFailure {
        var all = new ArrayList<Xml>();
        talk.pages(form, page -> all.addAll(items(page, set)));
        return all;
    }

    /** The items of a list that must be there: without it, the document is another. */
    static List<Xml> items(Xml element, String set) throws CloudFailure {
        return element.child(set)
                .orElseThrow(() -> new CloudFailure.Unreachable("the answer has no '" + set + "'"))
                .items();
    }

    private boolean has(Form form, String what, String set) throws CloudFailure {
        var page = talk.find(form, what);
        return page.isPresent() && !items(page.get(), set).isEmpty();
    }

    private static Optional<Offering> offering(Xml item) {
        return item.text("instanceType")
                .map(
                        type ->
                                new Offering(
                                        type,
                                        item.count("vCpuInfo", "defaultVCpus").orElse(0),
                                        item.count("memoryInfo", "sizeInMiB").orElse(0),
                                        gpusOf(item)));
    }

    private static int gpusOf(Xml item) {
        return item.child("gpuInfo").map(info -> info.items("gpus")).orElse(List.of()).stream()
                .mapToInt(gpu -> gpu.count("count").orElse(0))
                .sum();
    }
}
