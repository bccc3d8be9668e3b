package vmm.cloud.jclouds.azure;

import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An image as a placement calls it.
 *
 * @param reference as a launch names it
 * @param path where one can look whether it is there
 */
record ImageRef(JsonObject reference, String path) {

    /** What a placement may write, for those who wrote something else. */
    static final String FORMS =
            "an image's name, gallery/image or gallery/image/version of the resource group, a full"
                    + " resource id, a community or shared gallery's id, or"
                    + " publisher:offer:sku:version of the marketplace";

    private static final String NAME = "[A-Za-z0-9][\\w.-]{0,79}";
    private static final String VERSION = "(?:/versions/([\\w.-]+))?";

    private static final Pattern IMAGE_ID =
            Pattern.compile(
                    "(?i)/subscriptions/[^/\\s]+/resourceGroups/[^/\\s]+/providers"
                            + "/Microsoft\\.Compute/images/[^/\\s]+");

    private static final Pattern GALLERY_ID =
            Pattern.compile(
                    "(?i)(/subscriptions/[^/\\s]+/resourceGroups/[^/\\s]+/providers"
                            + "/Microsoft\\.Compute/galleries/[^/\\s]+/images/[^/\\s]+)"
                            + VERSION);

    private static final Pattern OTHERS_GALLERY =
            Pattern.compile(
                    "(?i)/(community|shared)galleries/([\\w.-]+)/images/([\\w.-]+)" + VERSION);

    private static final Pattern URN =
            Pattern.compile("([\\w.-]+):([\\w.-]+):([\\w.-]+):([\\w.-]+)");

    private static final Pattern SHORT =
            Pattern.compile("(" + NAME + ")(?:/(" + NAME + "))?(?:/([\\w.-]+))?");

    /** Empty if it is of no form that is known. */
    static Optional<ImageRef> parse(Paths paths, String text) {
        if (IMAGE_ID.matcher(text).matches()) {
            return Optional.of(byId(text, Paths.versioned(text, paths.compute())));
        }
        var gallery = GALLERY_ID.matcher(text);
        if (gallery.matches())
            return Optional.of(ofGallery(text, gallery.group(1), gallery.group(2)));
        var others = OTHERS_GALLERY.matcher(text);
        if (others.matches()) return Optional.of(ofOthers(paths, text, others));
        var urn = URN.matcher(text);
        if (urn.matches()) return Optional.of(ofMarketplace(paths, urn));
        var name = SHORT.matcher(text);
        return name.matches() ? Optional.of(ofOurs(paths, name)) : Optional.empty();
    }

    private static ImageRef ofOurs(Paths paths, Matcher name) {
        if (name.group(2) == null) {
            var id = paths.imageId(name.group(1));
            return byId(id, Paths.versioned(id, paths.compute()));
        }
        var definition = paths.galleryId(name.group(1)) + "/images/" + name.group(2);
        var version = name.group(3);
        var id = version == null ? definition : definition + "/versions/" + version;
        return ofGallery(id, definition, version);
    }

    private static ImageRef ofGallery(String id, String definition, @Nullable String version) {
        var meant = isLatest(version) ? definition : id; // without a version it is the newest
        return byId(meant, Paths.versioned(meant, Paths.GALLERIES));
    }

    private static ImageRef ofOthers(Paths paths, String text, Matcher parts) {
        var kind = parts.group(1).toLowerCase(Locale.ROOT);
        var reference = new JsonObject();
        reference.addProperty(kind + "GalleryImageId", text);
        var id =
                paths.locationId()
                        + "/"
                        + kind
                        + "Galleries/"
                        + parts.group(2)
                        + "/images/"
                        + parts.group(3)
                        + (isLatest(parts.group(4)) ? "" : "/versions/" + parts.group(4));
        return new ImageRef(reference, Paths.versioned(id, Paths.GALLERIES));
    }

    private static ImageRef ofMarketplace(Paths paths, Matcher urn) {
        var reference = new JsonObject();
        reference.addProperty("publisher", urn.group(1));
        reference.addProperty("offer", urn.group(2));
        reference.addProperty("sku", urn.group(3));
        reference.addProperty("version", urn.group(4));
        var versions =
                paths.locationId()
                        + "/publishers/%s/artifacttypes/vmimage/offers/%s/skus/%s/versions"
                                .formatted(urn.group(1), urn.group(2), urn.group(3));
        var id = isLatest(urn.group(4)) ? versions : versions + "/" + urn.group(4);
        return new ImageRef(reference, Paths.versioned(id, paths.compute()));
    }

    private static ImageRef byId(String id, String path) {
        var reference = new JsonObject();
        reference.addProperty("id", id);
        return new ImageRef(reference, path);
    }

    /** The newest one, which has no place of its own. */
    private static boolean isLatest(@Nullable String version) {
        return version == null || version.equalsIgnoreCase("latest");
    }
}
