"""A retailer's app: rice and its products with four stars, all pages of the search."""

from datetime import date

from api import connect, taken
from cungcau_client.api.products import list_products
from cungcau_client.models import ProductSearchPage
from cungcau_client.types import UNSET


def main():
    client = connect()
    found, cursor, pages = [], UNSET, 0
    while cursor is not None:
        # A cursor goes with the question that it was given to: the same words, filters and day.
        page = taken(
            list_products.sync_detailed(
                client=client, q="gạo", stars=3, facets="province", as_of=date(2020, 10, 27), limit=5, cursor=cursor
            )
        )
        assert isinstance(page, ProductSearchPage), "an answer to words says how many there are"
        found += page.items
        pages += 1
        cursor = page.next_cursor
    ids = {product.id for product in found}
    assert len(found) == len(ids) == page.total > 5, "every product once"
    print(f"{page.total} products on {pages} pages; the best is {found[0].name} of {found[0].producer.name}")


if __name__ == "__main__":
    main()
