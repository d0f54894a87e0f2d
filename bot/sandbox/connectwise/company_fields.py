"""The fields of a company that may be filtered on although this data set leaves them empty."""

from typing import Final

COMPANY_FIELDS: Final = (
    *("addressLine2", "faxNumber", "defaultContact/id", "defaultContact/name", "sicCode/id", "sicCode/name"),
    *("parentCompany/id", "parentCompany/identifier", "parentCompany/name", "creditLimit", "additionalDebt"),
    *("yearEstablished", "revenueYear", "ownershipType/id", "ownershipType/name", "timeZoneSetup/id"),
    *(
        "timeZoneSetup/name",
        "leadSource",
        "calendar/id",
        "calendar/name",
        "vendorIdentifier",
        "taxIdentifier",
    ),
    *("taxCode/id", "taxCode/name", "billingTerms/id", "billingTerms/name", "invoiceTemplate/id"),
    *("invoiceTemplate/name", "pricingSchedule/id", "pricingSchedule/name", "companyEntityType/id"),
    *("companyEntityType/name", "billToCompany/id", "billToCompany/identifier", "billToCompany/name"),
    *("billingSite/id", "billingSite/name", "billingContact/id", "billingContact/name"),
    *(
        "invoiceDeliveryMethod/id",
        "invoiceDeliveryMethod/name",
        "emailTemplate/id",
        "emailTemplate/identifier",
    ),
    *(
        "invoiceToEmailAddress",
        "invoiceCCEmailAddress",
        "mobileGuid",
        "facebookUrl",
        "twitterUrl",
        "linkedInUrl",
    ),
    *("currency/id", "currency/name", "resellerIdentifier", "integratorTags"),
    *(f"userDefinedField{number}" for number in range(1, 11)),
)
