"""What is read of Salesforce's standard objects, what it means here, and what is left out."""

from __future__ import annotations

from equipoise.consent import PURPOSES
from equipoise.crm._loading import NOWHERE, REACHING_OUT

__all__ = [
    "CAMPAIGN_TYPES",
    "CONTACT_POINTS",
    "FLAGS",
    "IDS",
    "LACKING",
    "READ",
    "STATUSES",
    "WHY_NOT",
]

READ: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "Individual": "Id BirthDate IsDeleted LastModifiedDate",
        "Contact": "Id IndividualId LeadSource CreatedDate LastModifiedDate IsDeleted",
        "Lead": "Id IndividualId IsConverted LeadSource CreatedDate LastModifiedDate IsDeleted",
        "Campaign": "Id Name Type StartDate EndDate IsDeleted",
        "CampaignMember": "Id CampaignId ContactId LeadId HasResponded FirstRespondedDate IsDeleted",
        "DataUsePurpose": "Id Name IsDeleted",
        "ContactPointTypeConsent": "Id PartyId DataUsePurposeId ContactPointType"
        " PrivacyConsentStatus EffectiveFrom EffectiveTo CaptureDate CaptureSource"
        " DoubleConsentCaptureDate LastModifiedDate IsDeleted",
    }.items()
}
"""What is read of each object, apart from the flags."""

IDS = {
    "Contact": ("IndividualId",),
    "Lead": ("IndividualId",),
    "CampaignMember": ("CampaignId", "ContactId", "LeadId"),
    "ContactPointTypeConsent": ("PartyId", "DataUsePurposeId"),
}

_EVERY = [(name, channel) for name, purpose in PURPOSES.items() for channel in purpose.channels]
_OFFERS = [pair for pair in _EVERY if pair[0] == "personalised_offers"]
FLAGS: dict[str, dict[str, list[tuple[str, str]]]] = {
    "Individual": {
        "HasOptedOutProcessing": _EVERY,
        "ShouldForget": _EVERY,
        "HasOptedOutProfiling": [("profiling", "any"), *_OFFERS],
        "HasOptedOutSolicit": _OFFERS,
        "HasOptedOutTracking": [("analytics", "any")],
    },
    "Contact": {
        "HasOptedOutOfEmail": [(name, "email") for name in REACHING_OUT],
        "DoNotCall": [(name, "phone") for name in REACHING_OUT],
    },
}
FLAGS["Lead"] = FLAGS["Contact"]

STATUSES = {"OptIn": "opt_in", "OptOut": "opt_out"}
CONTACT_POINTS = {
    "Email": "email",
    "MailingAddress": "post",
    "Phone": "phone",
    "Social": NOWHERE,
    "Web": NOWHERE,
}
CAMPAIGN_TYPES = {"Email": "email", "Direct Mail": "direct_mail"}

_BAIT = "No purpose may read it: it is left where it is."
_DIRECT = "It names or locates a person; no table here needs it."
WHY_NOT: dict[str, dict[str, str]] = {
    "Individual": {
        "ChildrenCount": _BAIT,
        "ConsumerCreditScore": _BAIT,
        "ConvictionsCount": _BAIT,
        "InfluencerRating": _BAIT,
        "HasOptedOutGeoTracking": "No purpose of ours tracks places.",
        "CanStorePiiElsewhere": "Where data lie is no purpose.",
        "SendIndividualData": "A request for a copy is for a person to answer.",
        "FirstName": _DIRECT,
        "LastName": _DIRECT,
        "Name": _DIRECT,
    },
    "Contact": {
        "Email": _DIRECT,
        "FirstName": _DIRECT,
        "LastName": _DIRECT,
        "Name": _DIRECT,
        "Phone": _DIRECT,
        "MailingStreet": _DIRECT,
        "HasOptedOutOfFax": "No channel of ours is fax.",
        "Birthdate": "Birth dates are read from Individual.",
        "MailingPostalCode": "Where an area begins in a postcode depends on the country.",
    },
    "CampaignMember": {"Status": "Its words are each firm's own: contacted or not is not in them."},
}
WHY_NOT["Lead"] = WHY_NOT["Contact"]

LACKING = {
    "individuals": ("gender", "age", "age_band", "income_band", "community", "household_size"),
    "contacts": ("postcode_area", "loyalty_plan", "uses_app", "verified_date"),
    "campaigns": ("discount_share", "cost_per_contact_eur", "hold_out_probability"),
    "campaign_members": ("status", "reason", "is_selected"),
}
