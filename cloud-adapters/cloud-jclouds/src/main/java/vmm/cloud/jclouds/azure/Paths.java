package vmm.cloud.jclouds.azure;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Where things of a resource group are in Azure Resource Manager, each with the version of the API
 * that we ask for it.
 *
 * @param imagesFrom the resource group of images that are called by a short name
 * @param compute the version of the API that we ask for machines
 */
record Paths(
        String subscription, String group, String location, String imagesFrom, String compute) {

    /** Unless the fleet file says otherwise. */
    static final String COMPUTE = "2025-04-01";

    static final String DISKS = "2025-01-02";
    static final String GALLERIES = "2024-03-03";
    static final String NETWORK = "2024-05-01";
    static final String RESOURCES = "2021-04-01";
    static final String SKUS = "2021-07-01";

    /** Path of the resource group itself. */
    String resourceGroup() {
        return versioned(groupId(group), RESOURCES);
    }

    String machines() {
        return versioned(groupId(group) + "/providers/Microsoft.Compute/virtualMachines", compute);
    }

    /** Run-time states of all machines of the subscription. */
    String statuses() {
        return versioned(subscriptionId() + "/providers/Microsoft.Compute/virtualMachines", compute)
                + "&statusOnly=true";
    }

    String machine(String name) {
        return versioned(machineId(name), compute);
    }

    /** A machine with its run-time state. */
    String machineInView(String name) {
        return machine(name) + "&$expand=instanceView";
    }

    String action(String machine, String action) {
        return versioned(machineId(machine) + "/" + action, compute);
    }

    String validation(String deployment) {
        return versioned(
                groupId(group)
                        + "/providers/Microsoft.Resources/deployments/"
                        + deployment
                        + "/validate",
                RESOURCES);
    }

    String interfaces() {
        return versioned(
                groupId(group) + "/providers/Microsoft.Network/networkInterfaces", NETWORK);
    }

    String publicAddresses() {
        return versioned(
                groupId(group) + "/providers/Microsoft.Network/publicIPAddresses", NETWORK);
    }

    String disks() {
        return versioned(groupId(group) + "/providers/Microsoft.Compute/disks", DISKS);
    }

    String networks() {
        return versioned(groupId(group) + "/providers/Microsoft.Network/virtualNetworks", NETWORK);
    }

    String images() {
        return versioned(groupId(imagesFrom) + "/providers/Microsoft.Compute/images", compute);
    }

    String galleries() {
        return versioned(groupId(imagesFrom) + "/providers/Microsoft.Compute/galleries", GALLERIES);
    }

    String galleryImages(String gallery) {
        return versioned(galleryId(gallery) + "/images", GALLERIES);
    }

    String galleryVersions(String gallery, String image) {
        return versioned(galleryId(gallery) + "/images/" + image + "/versions", GALLERIES);
    }

    String skus() {
        return versioned(subscriptionId() + "/providers/Microsoft.Compute/skus", SKUS)
                + "&$filter="
                + encoded("location eq '" + location + "'");
    }

    String usages() {
        return versioned(locationId() + "/usages", compute);
    }

    String machineId(String name) {
        return groupId(group) + "/providers/Microsoft.Compute/virtualMachines/" + name;
    }

    String subnetId(String network, String subnet) {
        return groupId(group)
                + "/providers/Microsoft.Network/virtualNetworks/"
                + network
                + "/subnets/"
                + subnet;
    }

    String securityGroupId(String name) {
        return groupId(group) + "/providers/Microsoft.Network/networkSecurityGroups/" + name;
    }

    String imageId(String name) {
        return groupId(imagesFrom) + "/providers/Microsoft.Compute/images/" + name;
    }

    String galleryId(String gallery) {
        return groupId(imagesFrom) + "/providers/Microsoft.Compute/galleries/" + gallery;
    }

    String locationId() {
        return subscriptionId() + "/providers/Microsoft.Compute/locations/" + location;
    }

    /** The path of something by its resource id. */
    static String versioned(String id, String version) {
        return Arrays.stream(id.split("/")).map(Paths::encoded).collect(Collectors.joining("/"))
                + "?api-version="
                + version;
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%28", "(")
                .replace("%29", ")");
    }

    private String subscriptionId() {
        return "/subscriptions/" + subscription;
    }

    private String groupId(String name) {
        return subscriptionId() + "/resourceGroups/" + name;
    }
}
