import Domain
import JSON

extension JSONWriter {
    /// Writes what a search found.
    mutating func search(_ answer: SearchAnswer, nextCursor: String?) {
        beginObject()
        items(answer.page.items, nextCursor) { json, hit in
            json.beginObject()
            json.key("practitioner")
            json.practitioner(hit.practitioner)
            json.key("distanceKm")
            json.double(orNull: hit.distanceKilometres.map { ($0 * 1_000).rounded() / 1_000 })
            json.key("nextAvailable")
            json.time(orNull: hit.nextAvailable)
            json.key("freeSlots")
            if let count = hit.freeSlots { json.int(count) } else { json.null() }
            json.endObject()
        }
        key("understood")
        understanding(answer.understood)
        key("ignored")
        strings(answer.ignored)
        key("asOf")
        time(orNull: answer.asOf)
        key("degraded")
        bool(answer.degraded)
        endObject()
    }

    private mutating func understanding(_ understood: SearchUnderstanding) {
        beginObject()
        key("specialty")
        string(orNull: understood.specialty)
        key("place")
        if let place = understood.place {
            beginObject()
            key("name")
            string(place.name)
            key("country")
            string(place.country.text)
            key("lat")
            double(place.latitude)
            key("lon")
            double(place.longitude)
            endObject()
        } else {
            null()
        }
        key("radiusKm")
        double(orNull: understood.radiusKilometres)
        key("from")
        time(orNull: understood.from)
        key("to")
        time(orNull: understood.to)
        key("language")
        string(orNull: understood.language)
        key("name")
        string(orNull: understood.name)
        endObject()
    }
}
