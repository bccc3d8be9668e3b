package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What placements may name and set, and what a cloud makes of it. */
class PlacementsTest extends Service {
    private static final String GOOD =
            "{'cloud': 'shop', 'image': 'daaas-muon', 'flavor': 'm7i.xlarge'}";

    private static String pool(String name, int size, String... placements) {
        return """
        {'name': '%s', 'poolSize': %d, 'maxSize': 5, 'readyWhen': 'instanceActive', 'placements': [%s]}
        """
                .formatted(name, size, String.join(", ", placements))
                .replace('\'', '"');
    }

    private static String with(String options) {
        return GOOD.replace("}", ", 'options': {" + options + "}}");
    }

    private static String patch(String... placements) {
        return "{\"placements\": [" + String.join(", ", placements).replace('\'', '"') + "]}";
    }

    @Test
    void optionsAreKeptShownAndAskedForByEachVm() {
        post("pools", pool("spotted", 1, with("'spot': 'true', 'diskGb': '40'"))).is(201);
        var options = json("{'spot': 'true', 'diskGb': '40'}");
        assertThat(get("pools/spotted").body().path("placements").path(0).path("options"))
                .isEqualTo(options);
        var vms =
                until(
                        "one READY",
                        "vms?pool=spotted&state=READY",
                        found -> found.path("items").size() == 1);
        var vm = vms.path("items").path(0);
        assertThat(vm.path("options")).isEqualTo(options);
        assertThat(vm.path("flavor").asString()).isEqualTo("m7i.xlarge");
        assertThat(get("pools/spotted").body().at("/placements/0/counts/ready").asInt())
                .isEqualTo(1);
    }

    @Test
    void aChangeOfOptionsIsAChangeOfTheConfiguration() {
        post("pools", pool("optional", 0, GOOD)).is(201);
        var changed =
                patch("pools/optional", "\"0\"", patch(with("'spot': 'true', 'diskGb': '40'")));
        assertThat(changed.is(200).etag()).isEqualTo("\"1\"");
        assertThat(
                        patch(
                                        "pools/optional",
                                        "\"1\"",
                                        patch(with("'diskGb': '40', 'spot': 'true'")))
                                .etag())
                .isEqualTo("\"1\"");
        assertThat(events("pool", "optional"))
                .last()
                .isEqualTo(
                        "admin CHANGED: placements [shop m7i.xlarge daaas-muon weight 100] →"
                                + " [shop m7i.xlarge daaas-muon with diskGb=40, spot=true weight"
                                + " 100]");
        assertThat(patch("pools/optional", "\"1\"", patch(GOOD)).is(200).etag()).isEqualTo("\"2\"");
    }

    @Test
    void anOptionThatTheKindDoesNotKnowOrOfAWrongValueIsRefusedByField() {
        var refused =
                post(
                                "pools",
                                pool(
                                        "refused",
                                        0,
                                        "{'cloud': 'here', 'image': 'i', 'flavor': 'f', 'options':"
                                                + " {'spot': 'true'}}",
                                        with("'spto': 'true', 'spot': 'yes'")))
                        .is(422, "validation-failed");
        assertThat(texts(refused.body().path("errors"), "field"))
                .containsExactly(
                        "placements[0].options.spot",
                        "placements[1].options.spot",
                        "placements[1].options.spto");
        assertThat(texts(refused.body().path("errors"), "message"))
                .containsExactly(
                        "unknown option 'spot': placements on this kind of cloud have none",
                        "option 'spot' must match true|false",
                        "unknown option 'spto'; did you mean 'spot'?");
        post("pools", pool("refused", 0, with("'spot': true"))).is(400, "validation-failed");
    }

    @Test
    void aNameThatTheCloudDoesNotKnowIsRefusedWithWhatMayHaveBeenMeant() {
        var wrong = "{'cloud': 'shop', 'image': 'daas-muon', 'flavor': 'm7i.xlage'}";
        var refused = post("pools", pool("misnamed", 0, GOOD.replace("m7i", "c7i"), wrong));
        var errors = refused.is(422, "placement-unknown").body().path("errors");
        assertThat(texts(errors, "field"))
                .containsExactly(
                        "placements[0].flavor", "placements[1].image", "placements[1].flavor");
        assertThat(errors.path(1).path("message").asString())
                .isEqualTo("on shop there is no image 'daas-muon'; did you mean 'daaas-muon'?");
        assertThat(errors.path(2).path("near")).isEqualTo(json("['m7i.xlarge', 'm7i.large']"));
        get("pools/misnamed").is(404);

        post("pools", pool("misnamed", 0, GOOD)).is(201);
        patch("pools/misnamed", "\"0\"", patch(GOOD, wrong)).is(422, "placement-unknown");
        assertThat(get("pools/misnamed").etag()).isEqualTo("\"0\"");
        post("pools", pool("misnamed", 0, wrong)).is(409, "conflict");
        patch("pools/misnamed", "\"7\"", patch(wrong)).is(412);
    }

    @Test
    void aBlankNetworkIsRefused() {
        var blank = GOOD.replace("}", ", 'network': '  '}");
        post("pools", pool("blank", 0, blank)).is(422, "validation-failed");
        get("pools/blank").is(404);
    }

    @Test
    void whoKnowsBetterSavesUncheckedAndReadsLaterWhatTheCloudSays() {
        var wrong = GOOD.replace("daaas-muon", "daaas-moon");
        post("pools?unchecked=true", pool("unchecked", 0, wrong)).is(201);
        var noted =
                until("a note", "pools/unchecked", pool -> !pool.at("/placements/0/note").isNull());
        assertThat(noted.at("/placements/0/note").asString())
                .isEqualTo("there is no image 'daaas-moon'; did you mean 'daaas-muon'?");
        // What was there before is not asked about again: other things can still be changed.
        patch("pools/unchecked", "\"0\"", "{\"maxSize\": 7}").is(200);
        patch("pools/unchecked", "\"1\"", patch(wrong.replace("}", ", 'weight': 5}"))).is(200);
        var mended = patch("pools/unchecked", "\"2\"", patch(GOOD)).is(200);
        assertThat(mended.body().at("/placements/0/note").isNull()).isTrue();
    }

    @Test
    void aCloudThatDoesNotAnswerDoesNotKeepAPoolFromBeingSaved() {
        var saved = post("pools", pool("trusting", 0, GOOD.replace("shop", "mute"))).is(201);
        assertThat(saved.body().at("/placements/0/note").asString())
                .isEqualTo("not checked: mute did not answer");
    }

    @Test
    void aCatalogueShowsWhatACloudOffersAndWhatItCosts() {
        var catalogue =
                until(
                        "flavors",
                        "clouds/shop/catalogue",
                        found -> found.path("flavors").size() == 2);
        assertThat(texts(catalogue.path("flavors"), "name"))
                .containsExactly("m7i.large", "m7i.xlarge");
        assertThat(catalogue.at("/flavors/1/price").asDouble()).isEqualTo(0.2016);
        assertThat(catalogue.at("/flavors/0/price").isNull()).isTrue();
        assertThat(catalogue.at("/flavors/0/ramGb").asDouble()).isEqualTo(4.0);
        assertThat(catalogue.path("currency").asString()).isEqualTo("GBP");
        assertThat(catalogue.path("images"))
                .isEqualTo(json("[{'id': 'daaas-muon', 'name': 'daaas-muon'}]"));
        assertThat(catalogue.path("networks").isEmpty()).isTrue();
        assertThat(catalogue.path("readAt").asString()).isNotEmpty();
        assertThat(catalogue.path("failure").isNull()).isTrue();
        get("clouds/nowhere/catalogue").is(404, "not-found");
        send("operator", "GET", "clouds/shop/catalogue", null, null).is(403);
    }

    @Test
    void aCloudShowsItsPricesItsOptionsAndWhichCredentialsItIsGivenButNotTheirValues() {
        var shop = get("clouds/shop").is(200);
        assertThat(shop.body().path("credentials")).isEqualTo(json("['token']"));
        assertThat(shop.body().path("placementOptions"))
                .isEqualTo(json("{'diskGb': '[1-9][0-9]{0,3}', 'spot': 'true|false'}"));
        assertThat(shop.body().at("/prices/currency").asString()).isEqualTo("GBP");
        assertThat(shop.body().at("/prices/perHour/m7i.xlarge").asDouble()).isEqualTo(0.2016);
        assertThat(shop.whole().body()).doesNotContain("t0ken-of-the-shop");
        assertThat(get("clouds/here").body().path("prices").isNull()).isTrue();
    }
}
